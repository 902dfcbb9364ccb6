"""Hooks: functions and services of the project's own that Auth asks or tells.

One file each, over ``asking.py``, which knows both ways of asking: ``functions.py`` and
``webhooks.py``. Behaviour follows GoTrue (internal/hooks).
"""
