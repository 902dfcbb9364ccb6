"""Cloud Run: what a service should be, whether it can be, what it costs, and how it gets there.

The deciding modules are pure: values in, values out, no subprocess, no clock, no network. They may
import ``hipflask.protocol`` and ``hipflask.errors`` only.
"""
