# find_package(chord) gives the targets chord::chord, the shared library, and
# chord::static, the archive.
get_filename_component(_chord_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET chord::chord)
  add_library(chord::chord SHARED IMPORTED)
  if(APPLE)
    set(_chord_file "${_chord_prefix}/lib/libchord.1.dylib")
  else()
    set(_chord_file "${_chord_prefix}/lib/libchord.so.1")
    set_target_properties(chord::chord PROPERTIES IMPORTED_SONAME libchord.so.1)
  endif()
  set_target_properties(chord::chord PROPERTIES
    IMPORTED_LOCATION "${_chord_file}"
    INTERFACE_INCLUDE_DIRECTORIES "${_chord_prefix}/include")

  set(THREADS_PREFER_PTHREAD_FLAG ON)
  find_package(Threads REQUIRED)
  add_library(chord::static STATIC IMPORTED)
  set_target_properties(chord::static PROPERTIES
    IMPORTED_LOCATION "${_chord_prefix}/lib/libchord.a"
    INTERFACE_INCLUDE_DIRECTORIES "${_chord_prefix}/include"
    INTERFACE_LINK_LIBRARIES Threads::Threads)
endif()
unset(_chord_prefix)
unset(_chord_file)
