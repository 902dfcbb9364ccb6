"""Passkeys: signing in by a key pair that an authenticator keeps (WebAuthn Level 3)."""
