                -- As in sql/parts, with escapes: a client may send this script in any encoding.
                E'\u00f8\u0142\u0111\u0127\u0167\u0131\u03c2', E'oldhti\u03c3'
            ),
            E'\u00df', 'ss'), E'\u00e6', 'ae'), E'\u0153', 'oe')
