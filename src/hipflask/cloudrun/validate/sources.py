"""Where each rule comes from, and when it was read there. Pure."""

from __future__ import annotations

from typing import Final

_RUN: Final = "https://cloud.google.com/run/docs"
_SUPABASE: Final = "https://supabase.com/docs/guides"

CPU: Final = f"{_RUN}/configuring/services/cpu, read 2026-11-22"
CPU_REGIONS: Final = (
    "firebase-tools, src/deploy/functions/validate.ts at a786bda7 (2026-08-21); its age is unknown"
)
MEMORY: Final = f"{_RUN}/configuring/services/memory-limits, read 2026-11-22"
SERVER: Final = "Cloud Run's own answers in public logs, last seen 2026-09-11"
CONCURRENCY: Final = f"{_RUN}/about-concurrency, read 2026-11-22"
GUNICORN: Final = f"{_RUN}/tips/python, read 2026-11-22"
MEASURED: Final = "Hipflask's own measurement of the starter under gunicorn, 2026-11-22"
TIMEOUT: Final = f"{_RUN}/configuring/request-timeout, read 2026-11-22"
HOSTING: Final = "https://firebase.google.com/docs/hosting/cloud-run, read 2026-08-03"
SCALING: Final = f"{_RUN}/configuring/max-instances, read 2026-11-22"
MIN_INSTANCES: Final = f"{_RUN}/configuring/min-instances, read 2026-11-22"
PRICING: Final = "https://cloud.google.com/run/pricing, read 2026-10-08"
SECRET_PRICING: Final = "https://cloud.google.com/secret-manager/pricing, read 2026-08-03"
CONTRACT: Final = f"{_RUN}/container-contract, read 2026-11-22"
ENVIRONMENT: Final = f"{_RUN}/configuring/services/overview-environment-variables, read 2026-11-22"
SECRETS: Final = f"{_RUN}/configuring/services/secrets, read 2026-11-22"
PROBES: Final = "https://cloud.google.com/run/docs/reference/rest/v2/Container, read 2026-11-22"
KNOWN_ISSUES: Final = f"{_RUN}/known-issues, read 2026-11-22"
QUOTAS: Final = "https://cloud.google.com/run/quotas, read 2026-10-01"
NAMES: Final = f"{_RUN}/deploying, read 2026-11-22"
PROJECTS: Final = "https://cloud.google.com/resource-manager/docs/creating-managing-projects"
TAGS: Final = "Cloud Run's own answers in public logs, last seen 2026-08-19"
LABELS: Final = f"{_RUN}/configuring/services/labels, read 2026-11-22"
REPOSITORIES: Final = "https://cloud.google.com/artifact-registry/docs/repositories"
ACCOUNTS: Final = "https://cloud.google.com/iam/docs/service-accounts-create"
IPV6: Final = f"{_RUN}/configuring/vpc-dual-stack-subnet, read 2026-11-22"
CONNECTING: Final = f"{_SUPABASE}/database/connecting-to-postgres, read 2026-09-28"
POOLING: Final = f"{_SUPABASE}/database/connecting-to-postgres/pooling-and-limits, read 2026-10-08"
COMPUTE: Final = f"{_SUPABASE}/platform/compute-and-disk, read 2026-10-08"
SETTINGS: Final = "docs/reference/settings.md"
