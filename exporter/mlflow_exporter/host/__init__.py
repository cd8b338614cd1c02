"""How busy the machine is that the exporter runs on."""
