SELECT crypt('correct horse', theirs) = theirs FROM hash;
