"""What only the holder of a secret key may ask: users, links, the audit log.

Every handler begins with ``call.require_admin()``.
"""
