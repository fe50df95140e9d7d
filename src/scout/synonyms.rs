//! Words that programmers use for one another. General English and general programming only: nothing
//! here may come from one code base.

/// `=` words for the same thing; `~` words that often stand for one another; `a > b c` asked for `a`,
/// code may say `b` or `c`, but not the other way round.
const TABLE: &str = "
= directory folder dir
= argument arg args argv
= parameter param params
= configuration config conf cfg
= environment env
= authentication auth authenticate
= authorization auth authorize
= database db
= address addr
= identifier id
= message msg
= error err
= exception exc
= response resp reply
= request req
= temporary temp tmp
= length len
= maximum max
= minimum min
= number num
= string str
= character char
= pointer ptr
= previous prev
= reference ref
= source src
= destination dest dst
= expression expr
= statement stmt
= attribute attr
= information info
= initialize init
= execute exec
= command cmd
= application app
= document doc
= documentation docs doc
= function func fn
= variable var
= value val
= index idx
= memory mem
= buffer buf
= context ctx
= implementation impl
= administrator admin
= regular regex regexp
= password passwd passphrase
= certificate cert ca
= credential credentials password login
= email mail
= iterator iter
= boolean bool
= integer int
= synchronous sync
= asynchronous async
= utility util
= connection conn
= position pos
= specification spec
= property prop
= original orig
= package pkg
= process proc
= library lib
= image img
= javascript js
= typescript ts
= windows win
= allocate alloc malloc
= synchronize sync
= separator sep delimiter
= extension ext
= descriptor fd
= arithmetic math
= calculate compute calc
= manual man
= tab completion
= operating os
= timestamp mtime
= generate gen
= optional opt option
= concatenate concat join
= colour color
= unicode utf
= decimal float
= delete remove del
= quit exit
= folder path
= kb kilobyte
= stdin input
= stdout output
= stderr error
= https ssl tls secure
= permission perm
= header hdr
= abbreviation abbr
= transaction txn tx
= dictionary dict
= constructor ctor
= subcommand subcmd
= repository repo
= comma separator
= newline eol line
~ set write assign save store put
~ read get load open fetch
~ create make build construct new generate
~ delete remove drop clear discard purge unset
~ find search lookup locate look discover
~ check validate verify ensure assert test
~ match compare equal same
~ convert transform turn cast translate coerce to
~ parse decode read analyse
~ serialize encode dump write format
~ deserialize decode load parse
~ send dispatch emit post deliver transmit
~ receive accept get incoming
~ start begin launch run spawn init open boot
~ stop end finish close shutdown terminate halt quit
~ run execute invoke call perform dispatch
~ call invoke apply dispatch
~ choose select pick decide determine resolve best prefer negotiate
~ guess detect infer determine sniff
~ wait block sleep poll
~ handle process deal
~ error exception failure fail problem fault
~ raise throw abort fail
~ catch handle rescue recover except
~ reject refuse deny forbid disallow invalid
~ complain error raise reject invalid
~ allow permit enable accept trust
~ prevent protect guard limit avoid forbid check
~ limit max cap restrict bound quota
~ big large size max exceed
~ deep depth nested level
~ nested recursive depth child
~ recursion depth stack
~ split separate divide partition tokenize
~ join combine merge concat append
~ merge combine update mix
~ add append insert register push
~ register add declare mount
~ change update modify edit mutate alter
~ replace substitute override swap
~ copy clone duplicate
~ move transfer relocate
~ show display print render output
~ print write output
~ draw render paint
~ hide suppress silence omit
~ silent quiet suppress
~ ignore skip exclude omit discard
~ keep retain preserve hold store remember
~ remember cache save store
~ cache memoize store
~ expire timeout ttl age stale
~ retry repeat again attempt backoff
~ repeat loop again
~ redirect forward location
~ upload file multipart attachment
~ download fetch transfer
~ temporary spooled
~ escape quote sanitize encode safe
~ encrypt cipher crypt secret
~ hash digest checksum hmac
~ signature sign signed hmac
~ secret key
~ login signin auth authenticate
~ logout signout
~ user account principal
~ permission access right grant privilege
~ compress gzip deflate zip encode
~ decompress unpack extract inflate gunzip uncompress
~ unpack extract expand
~ thread worker parallel concurrent
~ process subprocess child spawn popen fork
~ lock mutex synchronized
~ queue pending task job
~ background daemon
~ schedule timer cron delay
~ event signal listener hook callback
~ hook callback before after
~ listener subscriber observer handler
~ middleware interceptor filter wrap
~ route url rule endpoint path
~ url uri link
~ link url href
~ host domain hostname netloc
~ client browser remote peer
~ server listen serve
~ proxy forwarded tunnel
~ socket connection connect
~ network socket connection
~ cookie session
~ header field
~ body content payload data
~ query search filter
~ template view render
~ page html view
~ form field input
~ log logger logging record
~ warn warning notice
~ debug trace
~ plugin extension addon module
~ option flag setting switch
~ setting option config preference
~ default fallback
~ mandatory required must
~ missing absent none undefined unknown
~ unknown unrecognized unexpected extra
~ extra additional unknown trailing
~ trailing left remaining end
~ duplicate repeated unique
~ empty blank null none
~ null none nil
~ invalid malformed bad wrong illegal
~ malformed invalid broken
~ broken corrupt invalid
~ type kind class
~ list array sequence collection
~ array list vector
~ map dict object hash table
~ object instance
~ key name field
~ copy backup
~ order sort priority precedence
~ sort order compare
~ wins priority precedence weight
~ first earliest initial
~ last final latest
~ size length width
~ grow resize expand reserve capacity
~ ahead preallocate reserve
~ count number total
~ random shuffle seed
~ random secrets
~ date time datetime
~ clock time
~ language locale translation
~ translate locale gettext
~ encoding charset codec
~ text string
~ binary bytes
~ bytes binary blob
~ comment annotation
~ indentation indent whitespace
~ pretty indent format
~ white space
~ line row
~ column offset
~ tree node graph
~ parent ancestor super base outer
~ child descendant sub inner nested
~ inherit parent super mro
~ wrap decorate proxy
~ proxy delegate forward
~ mount attach install
~ dependency requirement import
~ install setup
~ upgrade migrate update
~ migration schema
~ version release
~ model schema entity
~ schema model definition
~ table relation
~ test spec mock
~ suggest similar suggestion closest
~ similar fuzzy distance closest
~ misspelt typo suggestion
~ mistyped typo suggestion
~ notice detect
~ fast quick optimize
~ slow delay
~ restart reload
~ reload watch autoreload
~ watch monitor observe
~ console terminal shell tty
~ shell bash terminal
~ interactive prompt
~ ask prompt request
~ answer respond response reply
~ photo image camera picture capture
~ picture image
~ native bridge
~ installed available version
~ new recent latest
~ enough minimum least
~ equal same identical
~ constant fixed
~ exact precise
~ precision rounding decimal
~ lossless precision arbitrary
~ infinity inf finite
~ nan finite
~ slash separator path
~ path pointer
~ relative absolute
~ traversal join safe
~ traverse walk visit
~ walk traverse iterate
~ iterate loop walk
~ stream chunk generator
~ chunk block part piece
~ part range partial slice
~ partial range incremental
~ lazy deferred on demand
~ evaluate compute run
~ conditional modified etag
~ unchanged modified fresh
~ fresh stale modified
~ expired ttl
~ visible public exported
~ private internal hidden
~ inject insert
~ instant immediate
~ pause suspend
~ resume continue
~ cancel abort interrupt
~ interrupt signal
~ buffer stream
~ flush drain
~ newline crlf terminator
~ end terminator close
~ token lexer tokenize
~ grammar parser syntax
~ pattern regex match glob
~ wildcard glob pattern
~ alias name
~ rename move name
~ help usage
~ usage help
~ status code
~ exit status code
~ success ok
~ pipe stream
~ rewind seek
~ seek position offset
~ resize scale
~ escape unescape
~ digit number
~ wire protocol
~ protocol scheme
~ secure https ssl tls
~ group collection
~ member item element
~ item element entry
~ entry record item
~ record row entry
~ unlimited infinite
~ throttle rate limit
~ pool reuse
~ pooled pool
~ reuse pool share
~ share common
~ publish broadcast send
~ subscribe listen
~ push notify
~ notify alert
~ image picture
~ unused dead
~ obsolete deprecated
~ deprecated legacy
~ legacy old compat
~ compatible compat
~ early eager abort short
~ late lazy
forget > clear delete reset
give > raise max exceed
complete > completion suggest
told > distinguish check
tell > distinguish detect
mimic > emulate
pretend > override fake method
cope > handle convert
travel > dispatch handle next
pass > call forward
choose > get
decide > should get
determine > get
compute > get
find > get
look > get find
automatically > auto
answer > response handle
notice > detect check changed
disk > file storage
colour > style ansi
unpacked > decompress extract
wrong > invalid bad error mismatch
leak > constant time
timing > constant compare digest
client > remote
look > find search load
asked > request prompt
inside > internal
late > after
happen > handle
mixed > merge combine
gone > missing deleted
turned > convert
guessed > detect apparent
opened > launch
kept > store save
unhandled > default fallback
nobody > default fallback
several > multiple many
many > max multiple
both > all
together > required group
speed > performance fast
safe > secure escape
count > len
broken > epipe
cached > cache
persist > save store
survive > persist session save
applied > recorded done
hit > fetch execute
hand > pass give argument
handed > pass forward argument
together > group combine join assemble build
assembled > build join encode prepare
leftover > trailing remaining rest
half > partial
stranger > untrusted
clean > cleanup close teardown purge
tidy > cleanup close teardown
shrink > compact trim
forbidden > deny 403
crash > panic abort fatal
hang > timeout deadlock block
stuck > deadlock timeout
sound > audio
day > date
understand > parse interpret
understood > parse interpret recognize
recognise > detect identify match is
recognize > detect identify match is
look > lookup get resolve
cut > truncate slice trim split strip
glue > join concat
peel > unwrap strip
shorten > truncate abbreviate
longer > exceed max
larger > exceed max limit
once > batch bulk concurrent
again > retry repeat
twice > duplicate already
manually > explicit
between > proxy middleware
intercept > middleware hook wrap
ends > finalize close finish
begin > init start
finished > done complete close
ready > init prepare
prepare > init setup build
sure > ensure check validate
certain > ensure
speak > protocol
talk > connect request client
contact > connect request
reach > connect resolve
arrive > receive read on
arrives > receive read on handle
outgoing > send request
incoming > receive request accept
enter > push open begin
leave > pop exit close
undo > rollback revert restore
restore > load reset
roll > rollback
abandon > cancel abort
interrupted > signal cancel
refresh > reload update renew
renew > refresh
outdated > stale expired old
date > time timestamp
age > expire ttl max
lifetime > expire max age
remaining > left rest
amount > count size number
space > whitespace memory size
room > capacity size
full > capacity overflow
overflow > limit exceed
overlap > conflict intersect
conflict > collision duplicate clash
clash > conflict collision
same > equal duplicate
differ > diff compare
difference > diff compare
changed > modified dirty diff
unchanged > modified etag
touch > modify
fill > populate set
populate > fill load
empty > clear
choice > option select
choices > options
prefer > priority preference
important > priority
rank > score sort
score > rank weight
near > closest distance
closest > nearest distance similar
spelling > typo suggest distance
nearby > near distance
group > cluster
tag > label annotation discriminator
label > tag name
branch > case variant option
alternative > variant option union
union > variant either
optional > nullable maybe undefined
mandatory > required
compulsory > required
must > required
needed > required dependency
depends > dependency require
load > import require
plug > plugin register
attach > bind add
detach > unbind remove
bind > attach
unbind > detach
connect > open dial
disconnect > close
drop > remove close
dropped > removed stripped deleted closed lost
lost > dropped disconnected
stripped > removed strip
cleaned > sanitize normalize
normalise > canonical
normalize > canonical
canonical > normalize
standard > default
usual > default
ordinary > default
special > reserved
reserved > keyword
forced > force override
overwrite > override replace force
overridden > override
customise > custom configure
customize > custom configure
own > custom
custom > user override
text > message string
words > message tokens
sentence > message
wording > message
complaint > error
complains > error
explain > message describe
describe > description doc
explanation > description doc help
instructions > help usage
hint > suggestion help
advice > hint suggestion
colour > ansi
bold > style
style > format
layout > format
shape > schema type
structure > schema type
outline > structure
picture > icon
icon > image
button > click
click > press event
press > key event
keyboard > key input
screen > display view terminal window
window > screen
terminal > tty console
typed > input argument
enter > input
mouse > click cursor
finger > touch
phone > mobile device
device > hardware
camera > capture photo
place > location position
location > position path url
home > user directory
machine > host system
computer > host machine
system > os platform
platform > os target
linux > unix posix
unix > posix
mac > darwin macos
disk > file fs
storage > store file
hard > strict
strict > validate
loose > lenient
lenient > loose relaxed permissive
careful > safe check
dangerous > unsafe
danger > unsafe security
attack > security protect
attacker > security
malicious > security untrusted
harm > unsafe
steal > leak
leaking > leak constant
spoof > forged trusted
forged > csrf spoof tampered
tampered > signature verify
genuine > verify authentic signature
trusted > allowed verified
identity > user id
person > user
people > users
owner > user
member > user
guest > anonymous
anonymous > guest
visitor > user client
rights > permission
allowed > permitted accept
banned > denied blocked
block > deny
limit > throttle
often > rate frequency
frequency > rate interval
interval > period timer delay
period > interval duration
duration > timeout elapsed
long > timeout duration length
wait > timeout delay
waiting > pending wait
late > delayed
delay > sleep timeout backoff
sleeping > sleep idle
idle > timeout keepalive
alive > keepalive heartbeat ping
heartbeat > ping keepalive
healthy > health ping status
busy > lock load
free > release available dealloc
release > free unlock
released > free close unlock
acquire > lock get
shared > lock global common
simultaneous > concurrent parallel
simultaneously > concurrent parallel
parallel > concurrent thread
worker > thread pool
helper > util
split > chunk separate parse
pieces > chunks parts split
piece > chunk part
portion > part slice range
slice > range part
whole > full all entire
entire > full all
everything > all
nothing > none empty
anything > any
somenever > skip ignore
always > force
sometimes > optional
only > filter restrict
except > exclude
besides > extra
instead > replace fallback override
otherwise > fallback default else
fallback > default
failing > error failure
fails > error failure
failed > error failure
succeed > success ok
success > ok
outcome > result status
result > output return
returned > return result
produce > generate output emit
produced > generate output emit
made > create build generate
built > build create construct
constructed > build create new
formed > build create
composed > build join combine
computed > calculate
calculated > compute
worked > compute
measured > measure size
counted > count
summed > sum total
average > mean
rounded > round
exact > precise
approximate > estimate
estimate > approximate
guess > heuristic
heuristic > guess
magic > sniff signature
sniff > detect
mime > content type media
media > mime content
kind > type
sort > type order
order > sequence priority
sequence > order list
first > head front initial
last > tail final
front > head
tail > end
top > head root
bottom > end
root > top base
base > root parent
level > depth severity
depth > nested level
loop > cycle circular
cycle > circular loop
circular > cycle recursive
endless > infinite loop
forever > infinite
304 > modified fresh
404 > missing
500 > internal server exception
401 > unauthorized auth
403 > forbidden permission
413 > large
429 > rate throttle
301 > redirect permanent
302 > redirect
";

const SAME: f32 = 0.8;
const OFTEN: f32 = 0.4;

/// Words that may stand for `word` (in lower case, not stemmed), each with how well it does.
pub(crate) fn of(word: &str) -> Vec<(&'static str, f32)> {
    let mut found: Vec<(&'static str, f32)> = Vec::new();
    let asked = crate::words::stem(word);
    let is_asked = |other: &str| other == word || crate::words::stem(other) == asked;
    let mut add = |other: &'static str, weight: f32| match found.iter_mut().find(|(known, _)| *known == other) {
        Some((_, known)) => *known = known.max(weight),
        None => found.push((other, weight)),
    };
    for line in TABLE.lines() {
        let (weight, words) = match line.split_at_checked(2) {
            Some(("= ", words)) => (SAME, words),
            Some(("~ ", words)) => (OFTEN, words),
            _ => match line.split_once(" > ") {
                Some((one, words)) if is_asked(one) => {
                    words.split(' ').for_each(|other| add(other, OFTEN));
                    continue;
                }
                _ => continue,
            },
        };
        if words.split(' ').any(is_asked) {
            words.split(' ').filter(|other| !is_asked(other)).for_each(|other| add(other, weight));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #[test]
    fn stands_for_one_another() {
        let words: Vec<&str> = super::of("written").into_iter().map(|(word, _)| word).collect();
        assert!(words.is_empty(), "irregular forms are the query's business");
        assert!(super::of("directories").iter().any(|(word, _)| *word == "dir"));
        assert!(super::of("set").iter().any(|(word, _)| *word == "save"));
    }
}
