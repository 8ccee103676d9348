import Pretraining
import Testing

@Test func schemaIsTheFirst() { #expect(Recipe.currentSchema == 1) }
