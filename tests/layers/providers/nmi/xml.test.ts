import * as fc from "fast-check"
import { Option } from "effect"
import { describe, expect, it } from "vitest"
import { readXml, textOf, type XmlElement } from "../../../../src/layers/providers/nmi/xml.ts"
import { reportXml, transactionXml } from "./answers.ts"

const read = (text: string): XmlElement | undefined =>
  Option.getOrUndefined(readXml(new TextEncoder().encode(text)))

/** An element as a document says it. */
const written = ({ name, text, children }: XmlElement): string =>
  `<${name}>${
    children.length > 0
      ? children.map(written).join("\n")
      : text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
  }</${name}>`

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,8}$/)
const text = fc.string({ unit: "grapheme", maxLength: 12 }).filter((one) => !/[\p{Cc}\p{Cs}]/u.test(one))
const element: fc.Arbitrary<XmlElement> = fc.letrec<{ one: XmlElement }>((tie) => ({
  one: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({ name, text, children: fc.constant([]) }),
    fc.record({
      name,
      text: fc.constant(""),
      children: fc.array(tie("one"), { minLength: 1, maxLength: 3 })
    })
  )
})).one

const depthOf = ({ children }: XmlElement): number => 1 + Math.max(0, ...children.map(depthOf))

describe("a document", () => {
  it("is read as it was written", () => {
    fc.assert(
      fc.property(element, (one) => {
        expect(read(written(one))).toEqual(depthOf(one) > 8 ? undefined : one)
      })
    )
  })

  it("may have a declaration, attributes, entities and elements that are empty", () => {
    for (const declaration of [
      '<?xml version="1.0"?>',
      '<?xml version="1.0" encoding="UTF-8"?>\n',
      '<?xml version="1.0" encoding="utf-8" standalone="yes" ?>'
    ]) {
      expect(read(`${declaration}<a/>`)).toEqual({ name: "a", text: "", children: [] })
    }
    expect(
      read('<a one="1" two="&amp;"><b />\n<c>1 &lt; 2 &amp;&amp; &quot;x&quot; &gt; &apos;</c></a>\n')
    ).toEqual({
      name: "a",
      text: "",
      children: [
        { name: "b", text: "", children: [] },
        { name: "c", text: '1 < 2 && "x" > \'', children: [] }
      ]
    })
  })

  it("is nothing that needs more than elements and texts", () => {
    for (const document of [
      "",
      " ",
      "text",
      "<a>",
      "</a>",
      "<a></b>",
      "<a></a></a>",
      "<a/><b/>",
      "<a/>text",
      "text<a/>",
      "<a>text<b/></a>",
      "<a><b/>text</a>",
      '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
      '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
      "<a>&x;</a>",
      "<a>&#49;</a>",
      "<a>&#x31;</a>",
      "<a>&amp</a>",
      "<a>& </a>",
      "<a><![CDATA[1]]></a>",
      "<a>]]></a>",
      "<a><!-- 1 --></a>",
      "<a><?php 1 ?></a>",
      '<?xml version="1.1"?><a/>',
      '<?xml version="1.0" encoding="UTF-16"?><a/>',
      '<a/><?xml version="1.0"?>',
      "<a b=1/>",
      "<a b='1'/>",
      '<a b="1" b="1"/>',
      '<a b="&x;"/>',
      '<a b="<"/>',
      "<1/>",
      "<a >< /a>",
      "<a>\u0000</a>",
      "<a>\u0007</a>",
      `${"<a>".repeat(9)}${"</a>".repeat(9)}`,
      "<!doctype html><h1>Service temporarily unavailable</h1>"
    ]) {
      expect(read(document), document).toBeUndefined()
    }
    expect(Option.isNone(readXml(Uint8Array.from([...new TextEncoder().encode("<a>"), 0xff, 0x3c])))).toBe(
      true
    )
  })

  it("is nothing by chance, and nothing when it is cut or goes on", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        expect(Option.isNone(readXml(body))).toBe(true)
      })
    )
    const whole = reportXml(transactionXml()).trimEnd()
    for (let length = 0; length < whole.length; length++) expect(read(whole.slice(0, length))).toBeUndefined()
    expect(read(whole + whole)).toBeUndefined()
  })

  it("has the text of a child only when there is one, of text", () => {
    const one = read("<a><b>1</b><c>1</c><c>1</c><d><e/></d></a>")
    expect(one && ["b", "c", "d", "f"].map((child) => textOf(one, child))).toEqual([
      "1",
      undefined,
      undefined,
      undefined
    ])
  })
})
