"""What a file may say, as models that refuse unknown words. `loop schema` is made from them."""
