#!/usr/bin/env python3
"""Fails if a page of a site, in this directory, links to a file or a heading that is not there. Other sites are not asked."""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The links of a page, and the places in it that links can lead to."""

    def __init__(self, file):
        super().__init__()
        self.links, self.places = set(), {""}
        self.feed(file.read_text())

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id" or (tag == "a" and name == "name"):
                self.places.add(value)
            elif name in ("href", "src") and value:
                self.links.add(value)


site = Path(sys.argv[1]).resolve()
pages = {file: Page(file) for file in site.rglob("*.html")}
count, dead = 0, []
for file, page in pages.items():
    for link in page.links:
        url = urlsplit(link)
        if url.scheme or url.netloc:
            continue
        count += 1
        target = (file.parent / unquote(url.path)).resolve() if url.path else file
        if not target.is_file() or not target.is_relative_to(site):
            dead.append(f"{file.relative_to(site)}: {link}")
        elif target in pages and unquote(url.fragment) not in pages[target].places:
            dead.append(f"{file.relative_to(site)}: {link} has no such heading")
print(*sorted(dead), f"{len(pages)} pages, {count} links, {len(dead)} dead", sep="\n")
# A site without pages has no dead links, but is none.
sys.exit(1 if dead or not pages else 0)
