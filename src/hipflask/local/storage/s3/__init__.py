"""The S3 protocol of Storage: the wire, without the objects.

Everything that reads or writes S3's own words is pure and lives in a file of its own; an operation
is one small function from ``S3Call`` to ``S3Answer``. What the words mean is AWS's documentation
("Amazon S3 API Reference"), and where Supabase's Storage answers otherwise, Supabase's answer.
"""
