"""The synthetic control lens: what would have happened without it?"""
