"""The history of looks: what feeds answered, in runs of equal looks, for as long as it is kept."""
