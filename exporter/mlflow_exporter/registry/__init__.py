"""What MLflow's registry holds: the only room that talks to it, and MLflow's client loads when it first does."""
