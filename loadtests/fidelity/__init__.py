"""What must survive a translation: a set of texts, the rules they are held to, and the count."""
