"""Speech to text measured with real weights: words, speakers, memory, lost speech."""
