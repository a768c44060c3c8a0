"""Is every sentence in every language?"""
