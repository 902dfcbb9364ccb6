"""SQL migrations of a project, read and recorded exactly as the Supabase CLI does."""
