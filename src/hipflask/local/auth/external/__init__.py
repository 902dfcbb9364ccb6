"""The OAuth client side of Auth: sign-in with Google, GitHub and OpenID Connect providers."""
