"""Runs that are made of several methods' recipes. Recipes of one method stand in its folder; `methods.recipe_of`."""
