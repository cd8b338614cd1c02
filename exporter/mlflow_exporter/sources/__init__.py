"""Where rows come from: one module a kind of source, named as the configuration names the kind."""
