"""What the account centre is made of; its pages are app/pages/account_*.py."""
