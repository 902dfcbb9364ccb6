"""Traffic played against a model of Cloud Run's autoscaler. Pure: no clock, no chance of its own.

``traffic`` says when requests come, ``run`` sends them to instances that ``autoscaler`` adds and
removes, ``result`` is what came of it, and ``text`` tells it.
"""
