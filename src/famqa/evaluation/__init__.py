"""Batches of questions: files of them, metrics over the answers, and runs."""
