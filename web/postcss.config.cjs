// Without the preset the build drops the app's own light-dark() rules.
module.exports = { plugins: { "postcss-preset-mantine": {} } };
