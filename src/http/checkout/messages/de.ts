import type { Messages } from "./Messages.ts"

export const de: Messages = {
  locale: "de",
  direction: "ltr",
  title: "{brand} bezahlen",
  payTo: "Zahlung an {brand}",
  payee: "Ihre Zahlung geht an {entity}.",
  card: "Mit Karte bezahlen",
  pay: "{amount} bezahlen",
  back: "Zurück zu {brand}",
  safe: "Ihre Kartendaten gehen direkt an den Kartentresor. {brand} sieht sie nie.",
  testCardsOnly: "Simulierter Tresor: nur Testkarten.",
  needsScript:
    "Diese Seite braucht JavaScript, um Ihre Karte sicher anzunehmen. Bitte schalten Sie es ein und laden Sie die Seite neu.",
  noFields: "Karten können hier gerade nicht angenommen werden. Es wurde nichts abgebucht.",
  notFound: {
    heading: "Hier ist keine Zahlung",
    text: "Die Adresse ist unvollständig oder gehört zu einer anderen Zahlung. Bitte öffnen Sie sie noch einmal im Shop."
  },
  continueAtBank: "Weiter zu Ihrer Bank",
  openBank: "Seite Ihrer Bank in einem neuen Fenster öffnen",
  bankFrame: "Seite Ihrer Bank",
  declined: {
    heading: "Ihre Karte wurde abgelehnt.",
    text: "Es ist kein Geld geflossen. Bitte versuchen Sie eine andere Karte oder fragen Sie Ihre Bank."
  },
  stages: {
    processing: {
      heading: "Ihre Zahlung ist unterwegs",
      text: "Das kann einen Moment dauern. Bitte zahlen Sie nicht noch einmal."
    },
    authenticate: {
      heading: "Bitte bestätigen Sie bei Ihrer Bank",
      text: "Ihre Bank möchte sicher sein, dass Sie es sind. Nichts wird doppelt abgebucht."
    },
    in_review: {
      heading: "Wir prüfen Ihre Zahlung",
      text: "Wir wissen noch nicht, ob sie angekommen ist. Es wird nicht doppelt abgebucht; bitte zahlen Sie nicht noch einmal. Diese Seite sagt es Ihnen, sobald wir es wissen."
    },
    paid: { heading: "Bezahlt", text: "Danke. {brand} hat Ihre Zahlung über {amount} erhalten." },
    refused: {
      heading: "Die Zahlung ist nicht gelungen",
      text: "Ihre Karte wurde abgelehnt, und es ist kein Geld geflossen. Diese Zahlung nimmt keine weitere Karte an; bitte beginnen Sie bei {brand} neu."
    },
    ended: {
      heading: "Die Zahlung ist nicht gelungen",
      text: "Es wurde nichts abgebucht. Bitte beginnen Sie bei {brand} neu."
    },
    cancelled: {
      heading: "Diese Zahlung wurde abgebrochen",
      text: "Es wurde nichts abgebucht. Sie können bei {brand} neu beginnen."
    },
    expired: {
      heading: "Diese Zahlung ist abgelaufen",
      text: "Es wurde nichts abgebucht. Sie können bei {brand} neu beginnen."
    }
  },
  problems: {
    offline:
      "Die Verbindung ist unterbrochen. Sobald sie wieder da ist, geht es von selbst weiter; bitte zahlen Sie nicht noch einmal.",
    lost: "Ihre Zahlung hat uns nicht erreicht. Es wurde nichts abgebucht; bitte versuchen Sie es noch einmal.",
    noAnswer:
      "Wir sind gerade nicht zu erreichen. Bitte prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.",
    wait: "Das war zu oft. Bitte warten Sie eine Minute und versuchen Sie es noch einmal.",
    card: "Diese Karte kann hier nicht angenommen werden. Es wurde nichts abgebucht; bitte versuchen Sie eine andere.",
    often:
      "Das war zu oft. Es wurde nichts abgebucht; bitte warten Sie eine Minute und versuchen Sie es noch einmal.",
    vault:
      "Der Kartentresor antwortet nicht. Es wurde nichts abgebucht; bitte versuchen Sie es gleich noch einmal.",
    fields:
      "Die Kartenfelder konnten nicht geladen werden. Bitte prüfen Sie Ihre Verbindung oder Ihren Blocker und laden Sie die Seite neu."
  },
  fields: {
    frame: "Kartendaten",
    number: "Kartennummer",
    expiry: "Gültig bis",
    expiryForm: "MM / JJ",
    code: "Prüfnummer",
    wrongNumber: "Bitte prüfen Sie die Kartennummer.",
    wrongExpiry: "Bitte schreiben Sie Monat und Jahr, etwa 04 / 31.",
    over: "Die Karte ist abgelaufen.",
    wrongCode: "Bitte prüfen Sie die Prüfnummer."
  }
}
