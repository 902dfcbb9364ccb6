"""Finds out what is in place. Only questions: nothing in here changes anything.

``project`` asks gcloud what a deploy has to know; the others ask what the doctor wants besides.
"""
