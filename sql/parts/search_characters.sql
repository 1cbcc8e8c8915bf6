    -- What is neither a letter nor a digit, in ASCII and beyond: punctuation, spaces, arrows, signs and pictures.
    separators CONSTANT text COLLATE pg_catalog."default" := '\u0001-/:-@\[-`{-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u05be\u060c\u061b\u061f\u06d4\u0964\u0965\u1361-\u1368\u1680\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u3004\u3008-\u3020\u30fb\U0001f000-\U0001faff';
    -- The scripts that put no spaces between words: Thai to Khmer, Chinese and Japanese. Each of their characters begins a word.
    unspaced CONSTANT text COLLATE pg_catalog."default" := '\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3021-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff';
