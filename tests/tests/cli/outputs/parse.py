"""What a parser makes of a document, as JSON: `parse.py html|xml FILE`."""
import json
import sys
import xml.etree.ElementTree
from html.parser import HTMLParser


class Page(HTMLParser):
    """Every tag, attribute and text, as a browser's tokenizer would see them."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text, self.others = [], [], "", []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [[tag, name, value] for name, value in attrs]

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        self.others.append(data)

    def unknown_decl(self, data):
        self.others.append(data)


def html(text):
    # Written so that it is well-formed XML as well: what is not closed, or closed twice, is an error here.
    xml.etree.ElementTree.fromstring(text)
    page = Page()
    page.feed(text)
    page.close()
    return {"tags": page.tags, "attributes": page.attributes, "text": page.text, "others": page.others}


def element(node):
    children = [element(child) for child in node]
    return {"tag": node.tag, "attributes": node.attrib, "text": node.text or "", "children": children}


how, file = sys.argv[1:]
text = open(file, encoding="utf-8", newline="").read()
print(json.dumps(html(text) if how == "html" else element(xml.etree.ElementTree.fromstring(text.encode()))))
