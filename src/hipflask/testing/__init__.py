"""The pytest plugin: a fresh Supabase-shaped backend per test in milliseconds."""
