"""Second factors: what a user shows beside the password (NIST SP 800-63B, GoTrue's mfa.go)."""
