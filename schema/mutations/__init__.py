"""Mutations: one file each."""
