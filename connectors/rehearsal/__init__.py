"""A rehearsal: sources that are asked as in earnest, and answer with made-up rows at once.

What a request would ask, of whom and in how many calls, is found out by letting it ask. So an
explanation cannot differ from what is done: it is done, by the same code, before an empty house.
"""
