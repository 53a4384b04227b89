"""Speech to text: download audio, recognise words, distinguish speakers, make a transcript."""
