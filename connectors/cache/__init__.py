"""Reading through: equal questions to live sources share a call, and answers are kept for a while.

Everything here is keyed by all that an answer depends on, and never by less: the source, the whole
batch without its time, its caller, and the key. See `reader`.
"""
