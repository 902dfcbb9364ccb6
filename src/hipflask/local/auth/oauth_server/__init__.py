"""The project as an OAuth 2.1 provider of other applications (GoTrue, internal/api/oauthserver)."""
