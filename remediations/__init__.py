"""What is changed: plans, and the one executor that carries them out."""
