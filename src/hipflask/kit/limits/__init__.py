"""Rate limits and growing delays, the same for all instances: PostgreSQL counts.

One round trip for a request, however many limits it meets. What a process remembers besides can
only refuse what the database would refuse as well.
"""

from .limit import Limit, Standing

__all__ = ["Limit", "Standing"]
