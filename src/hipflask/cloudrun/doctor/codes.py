"""The stable list of the doctor's finding codes: what each means, in one sentence. Pure.

As in ``cloudrun/codes.py``: a meaning does not change, and a code that is gone is not used again.
docs/reference/findings.md explains each.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

DOCTOR_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Tools
        "gcloud-missing": "The Google Cloud CLI is not installed.",
        "builder-missing": "Nothing on this machine builds images.",
        "builder-asleep": "Docker is installed, and its engine does not answer.",
        "git-missing": "Without git no image can be told by its commit.",
        # The project's files
        "config-toml": "supabase/config.toml cannot be read.",
        "files-uncommitted": "Some files are in no commit.",
        # Google Cloud
        "google-signed-out": "gcloud is not signed in.",
        "google-unreachable": "Google cannot be reached from here.",
        "google-refused": "Google refused a question about the project.",
        "google-project": "The project is not there, or not for this account to see.",
        "apis-off": "APIs that a deploy needs are off.",
        "permission-missing": "The account may not even look at something that a deploy changes.",
        "role-missing": "The project's policy gives the account no role for a part of a deploy.",
        "secret-missing": "A secret has no value, and none is at hand.",
        "secret-changed": "A secret has another value here than in Secret Manager.",
        "account-missing": "The account that the service runs as is gone.",
        "secret-unreadable": "The service's account may not read a secret.",
        # The service
        "service-absent": "There is no service yet.",
        "service-down": "No revision of the service can take visitors.",
        "revision-failed": "The newest revision did not start; an older one serves.",
        "public-access-missing": "Visitors get 403: the public may not call the service.",
        "public-access-unwanted": "Everybody may call a service that is meant to be private.",
        "traffic-elsewhere": "Visitors do not get the newest revision that can serve.",
        "image-older": "The image that serves is older than the commit.",
        "image-other": "The image that serves comes from a commit that is not in this history.",
        "image-uncommitted": "The image that serves holds files that are in no commit.",
        "service-differs": "The service runs with other settings than the file's.",
        "site-url-elsewhere": "SITE_URL is no address of the service itself.",
        # Supabase
        "supabase-paused": "The Supabase project is paused, or not there.",
        "supabase-restricted": "Supabase has restricted the project.",
        "supabase-unreachable": "The Supabase project does not answer.",
        "supabase-key": "Supabase does not take the publishable key.",
        "supabase-differs": "The Supabase project is set up differently from config.toml.",
        "supabase-site-url": "The Supabase project leads to another site than this one.",
        "redirect-refused": "A link in a mail may not lead back to the application.",
        "redirect-any": "A link in a mail may lead to any site.",
        "jwt-symmetric": "Tokens are checked by asking Supabase, for want of a public key.",
        "jwt-shared-secret": "Tokens are signed with a secret that the application shares.",
        "jwt-algorithm": "The application takes no token that is signed with this algorithm.",
        "smtp-missing": "No mail server is set up, so nearly nobody gets mail.",
        "smtp-local": "The mail server is on the machine itself.",
        "template-default": "Links in mails are used up by mail scanners that follow them.",
        "template-locked": "Without a mail server a free project keeps its own templates.",
        # Database
        "database-unreachable": "The database cannot be used.",
        "rls-missing": "Anyone with the publishable key can read and change a table.",
        "migrations-pending": "The database lacks migrations of the folder.",
        "migrations-unknown": "The database has migrations that the folder lacks.",
        "database-version": "The database server is older than config.toml says.",
        "database-role": "The user of DATABASE_URL cannot act as a user of the application.",
        "compute-differs": "The server takes another number of connections than is counted with.",
    }
)
