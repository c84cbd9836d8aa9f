"""Tree-packed DPO beside separate padded pairs and TRL."""
