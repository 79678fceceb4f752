"""A yardstick of acceptance for summaries: texts with marked main points, checks, and baselines."""
