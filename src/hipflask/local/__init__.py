"""The embedded stack: postgres, auth, mailbox, gateway. For laptops and tests; loopback only."""
