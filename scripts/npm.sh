# Packages of npm, for the folders that have a package-lock.json.

# install_npm_packages FOLDER: by its lock file, when that is newer than what is there.
install_npm_packages() {
  local folder=$1
  [[ ! $folder/node_modules/.package-lock.json -nt $folder/package-lock.json ]] || return 0
  say "installing the npm packages of $folder"
  quietly "build/logs/npm-$(basename "$folder").log" \
    npm ci --prefix "$folder" --no-audit --no-fund
}
