"""What a figure shows and says, before anything is drawn: one finding for screen and report."""
