"""Access: what roles may see and do, and the rules that say so."""
