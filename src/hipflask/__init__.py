"""Hipflask: Flask, Supabase and Cloud Run as one product."""
