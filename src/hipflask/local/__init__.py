"""The embedded stack: postgres, auth, mailbox, gateway. For laptops and tests; binds to loopback."""
