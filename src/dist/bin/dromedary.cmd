@echo off
rem Runs Dromedary, or one of its commands, in the current folder. See dromedary --help.
rem   JAVA_HOME       the JDK to use; by default the one on the PATH
rem   JAVA_OPTS       further options of the JVM, such as -Xmx1g
rem   DROMEDARY_CDS   the file for the archive of loaded classes, which makes later starts faster;
rem                   by default data\classes-VERSION.jsa; off turns it off
setlocal EnableExtensions
for %%I in ("%~dp0..") do set "DROMEDARY_HOME=%%~fI"

set "JAVA=java"
if defined JAVA_HOME set "JAVA=%JAVA_HOME:"=%\bin\java.exe"
set "VERSION="
rem With call, since cmd strips the outer quotes of a command that starts with one. The first line may name JAVA_TOOL_OPTIONS.
for /f "tokens=2,3" %%V in ('call "%JAVA%" -version 2^>^&1') do if "%%V"=="version" if not defined VERSION set "VERSION=%%~W"
if not defined VERSION (
  echo dromedary: found no JDK, expected one of version 17 or later on the PATH or in JAVA_HOME 1>&2
  exit /b 1
)
for /f "delims=.-+" %%F in ("%VERSION%") do set "FEATURE=%%F"
if %FEATURE% LSS 17 (
  echo dromedary: found Java %VERSION%, expected a JDK of version 17 or later 1>&2
  exit /b 1
)

set "MAKES="
if "%~1"=="" set "MAKES=yes"
if /i "%~1"=="run" set "MAKES=yes"

rem The C2 compiler makes a start longer; commands end before it would pay. See bin/dromedary.
set "FLAGS=-XX:TieredStopAtLevel=1"
if defined MAKES set "FLAGS=-XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000 -XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000"
rem Without these options, the JDK warns about native libraries and about unsafe memory access.
if %FEATURE% GEQ 24 set "FLAGS=%FLAGS% --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"

if not defined DROMEDARY_CDS set "DROMEDARY_CDS=data\classes-%VERSION%.jsa"
if /i "%DROMEDARY_CDS%"=="off" goto run
rem A start that failed leaves an archive of few classes, and no file .complete.
if exist "%DROMEDARY_CDS%.complete" if exist "%DROMEDARY_CDS%" (
  set "FLAGS=%FLAGS% -XX:SharedArchiveFile="%DROMEDARY_CDS%" -Xlog:cds*=off"
  goto run
)
if defined MAKES set "FLAGS=%FLAGS% -XX:ArchiveClassesAtExit="%DROMEDARY_CDS%" -Ddromedary.class-archive="%DROMEDARY_CDS%" -Xlog:cds*=off"

:run
"%JAVA%" %FLAGS% %JAVA_OPTS% "-Ddromedary.home=%DROMEDARY_HOME%" -jar "%DROMEDARY_HOME%\dromedary.jar" %*
exit /b %ERRORLEVEL%
