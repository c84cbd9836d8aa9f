"""How the parts that ship as data were made: gazetteers, sentences, the held-out gold, the NER."""
