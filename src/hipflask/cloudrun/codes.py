"""The stable list of finding codes: what each means, in one sentence. Pure.

Scripts may match on a code; its meaning does not change, and a code that is gone is not used again.
docs/reference/findings.md explains each.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Processor
        "cpu-value": "Cloud Run has no such amount of CPU.",
        "cpu-fraction-concurrency": "Below 1 vCPU an instance takes one request at a time.",
        "cpu-fraction-billing": "Below 1 vCPU only request-based billing exists.",
        "cpu-fraction-generation": "Below 1 vCPU only the first generation exists.",
        "cpu-region-limit": "The region may not have that much CPU.",
        "cpu-unused": "One Python process cannot use more than about one vCPU.",
        # Memory
        "memory-below-minimum": "The memory is below what Cloud Run gives.",
        "memory-above-cpu": "The memory is more than that much CPU may have.",
        "memory-below-cpu": "The memory is less than that much CPU must have.",
        "memory-unit": "The memory is no whole number of MiB.",
        "memory-tight": "The worker processes hardly fit into the memory.",
        # Requests
        "concurrency-range": "Cloud Run takes 1 to 1000 requests at once per instance.",
        "concurrency-unset": "The number of requests at once is left to Cloud Run.",
        "concurrency-above-threads": "More requests are let in than the server works on.",
        "server-size": "The server needs at least one worker and one thread.",
        "timeout-range": "Cloud Run takes a request timeout from 1 second to 1 hour.",
        "timeout-behind-hosting": "Firebase Hosting gives up after 60 seconds.",
        "port-range": "There is no such port.",
        # Instances
        "instances-range": "The number of instances is out of range.",
        "instances-order": "The minimum of instances is above the maximum.",
        "instances-above-quota": "The maximum of instances is above the usual quota.",
        "instances-unbounded": "There is no maximum of instances, so there is none of the bill.",
        "instances-parallel": "The whole service serves very few requests at once.",
        # Money
        "cost-minimum-instances": "Instances that wait for requests are paid for.",
        "cost-instance-billing": "The whole life of an instance is paid for.",
        "cost-region-tier": "The region costs more, so the free quota lasts less.",
        "cost-secrets": "More secrets than the free quota holds.",
        # Names
        "project-missing": "No Google Cloud project is named.",
        "project-name": "That cannot be the id of a project.",
        "region-unknown": "There is no such region.",
        "service-name": "That cannot be the name of a service.",
        "service-name-long": "The name leaves no room for the tag under which a deploy is tried.",
        "repository-name": "That cannot be the name of a repository.",
        "image-name": "That cannot be the name of an image.",
        "service-account-name": "That cannot be a service account.",
        "label-name": "That cannot be a label.",
        # Environment
        "variable-name": "That cannot be the name of a variable.",
        "variable-reserved": "Cloud Run sets that variable itself.",
        "variable-managed": "That variable follows from another setting.",
        "variable-missing": "The application does not start without that variable.",
        "variable-size": "The value is longer than Cloud Run takes.",
        "variable-count": "There are more variables than Cloud Run takes.",
        "variable-twice": "A variable is both plain and a secret.",
        "variable-address": "The value is no address of a site.",
        "variable-local": "The value leads to the machine itself, which is not yours in the cloud.",
        "secret-in-plain": "A secret is written where many can read it.",
        "secret-name": "That cannot be a secret, or a version of one.",
        # Probes
        "probe-timing": "A time of the probe is out of range.",
        "probe-order": "The probe's timeout is longer than its period.",
        "probe-path": "That is no path.",
        "probe-liveness-path": "A liveness probe asks by HTTP, which needs a path.",
        "probe-budget": "The probe gives the start more time than Cloud Run takes.",
        "probe-budget-long": "The probe gives the start more than the documented four minutes.",
        "probe-liveness-database": "A database that is away would restart every instance.",
        "path-reserved": "Google answers that path itself.",
        # Database
        "database-url": "DATABASE_URL is no PostgreSQL address.",
        "database-local": "DATABASE_URL leads to the machine itself.",
        "database-mode": "DATABASE_URL and database.connection say different things.",
        "database-ipv6": "The direct host has no IPv4 address, and Cloud Run needs one.",
        "database-pooler-user": "The pooler cannot tell the project without its reference.",
        "database-prepared-statements": "Prepared statements break behind a transaction pooler.",
        "database-startup-options": "A transaction pooler refuses options in the address.",
        "database-compute": "Supabase has no such compute size.",
        "pool-size": "Each process needs at least one connection.",
        "pool-above-threads": "A process cannot use more connections than it has threads.",
        "connections-direct": "All instances together ask for more connections than there are.",
        "connections-session": "Session mode has fewer places than the instances ask for.",
        "connections-transaction": "The pooler takes fewer clients than the instances open.",
        "connections-deploy": "While a deploy runs, old and new instances do not fit together.",
        "connections-waiting": "More transactions at once than the pooler has connections.",
        # Uploads
        "upload-limit": "Cloud Run takes no request body above 32 MiB.",
        "upload-memory": "Uploads at once would fill the instance's memory.",
    }
)
