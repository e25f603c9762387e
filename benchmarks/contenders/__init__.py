"""The contenders: each module is a program that serves one, and says on which port."""
