"""Getting news in: fetch (I/O), parse (in a child process), identity and schedule (pure)."""
